// Policies to begin with, and what to ask them.

export const EXAMPLES = [
  {
    name: "Tools",
    file: "tools.rules",
    about: "An agent asks to use a tool: roles, risks, and when a person must decide.",
    questions: ['allow("ann", "use", tool)', 'escalate(who, "use", tool)', 'allow("eve", "use", "search")', "deny(who, _, _)"],
  },
  {
    name: "Relations",
    file: "documents.rules",
    about: "Access by relations: groups in groups, folders in folders, and circles that end.",
    questions: ['allow("ann", what, document)', 'allow("ann", "read", "contract")', "acts_as(user, group)", 'allow("bob", "read", "contract")'],
  },
  {
    name: "Limits",
    file: "spending.rules",
    about: "Sums and counts over facts, for an agent and for its team.",
    questions: ['allow("refunds", "order", 100)', 'escalate(agent, "order", 150)', "team_spent(team, total)", 'deny(agent, "order", 10)'],
  },
  {
    name: "Why not",
    file: "release.rules",
    about: "No answer is an answer: which condition failed, and what would have satisfied it.",
    questions: ['allow("bob", "release", "c-2")', 'allow("ann", "release", "c-3")', 'allow(who, "release", change)', 'checked("c-2")'],
  },
];

/** The example's text, as the host of this page has it. */
export const textOf = async ({ file }) => {
  const response = await fetch(`/playground/policies/${file}`);
  if (!response.ok) throw new Error(`${file} can't be read: ${response.status}`);
  return response.text();
};
