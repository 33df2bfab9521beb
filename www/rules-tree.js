// A tree that unfolds: one stop of the tab key, arrows within. Branches are made when they are first unfolded.
import { element } from "/playground/page.js";

/** The most branches of one node that are shown. */
const MOST = 200;
/** Levels below this are not moved further in. */
const MOST_INDENTED = 12;

/**
 * A branch: what it shows, where it stands in the policy, what is below it, and whether it begins unfolded.
 * @typedef {{shown: Node[], place?: object, below: () => Branch[], hasBelow: boolean, isOpen: boolean}} Branch
 */

const branches = new WeakMap();

/** The list below an item; none before it was unfolded. */
const groupOf = (item) => item.nextElementSibling;

const itemIn = (row) => row?.querySelector('[role="treeitem"]');

const setOpen = (item, isOpen) => {
  const branch = branches.get(item);
  if (!branch.hasBelow) return;
  item.setAttribute("aria-expanded", String(isOpen));
  const group = groupOf(item);
  if (group !== null) group.hidden = !isOpen;
  else if (isOpen) item.after(list("group", branch.below(), Number(item.getAttribute("aria-level")) + 1));
};

const itemOf = (branch, level, position, size) => {
  const at = { class: "step", role: "treeitem", tabindex: "-1", "aria-level": level, "aria-posinset": position, "aria-setsize": size };
  const item = element("div", at, element("span", { class: "fold", "aria-hidden": "true" }), element("div", {}, ...branch.shown));
  branches.set(item, branch);
  const row = element("li", { role: "none" }, item);
  if (branch.hasBelow) setOpen(item, branch.isOpen);
  return row;
};

const leftOut = (count) => {
  const shown = [element("p", { class: "quiet" }, `… and ${count} more`)];
  return { shown, below: () => [], hasBelow: false, isOpen: false };
};

const list = (role, below, level) => {
  const shown = below.length > MOST ? [...below.slice(0, MOST), leftOut(below.length - MOST)] : below;
  const at = level > MOST_INDENTED ? { role, class: "flat" } : { role };
  return element("ul", at, ...shown.map((branch, index) => itemOf(branch, level, index + 1, shown.length)));
};

const focus = (tree, item) => {
  tree.querySelector('[role="treeitem"][tabindex="0"]')?.setAttribute("tabindex", "-1");
  item.setAttribute("tabindex", "0");
  item.focus();
};

/** Items that can be seen, from the top. */
const seen = (tree) => [...tree.querySelectorAll('[role="treeitem"]')].filter((item) => item.closest("ul[hidden]") === null);

const moves = {
  ArrowDown: (tree, item) => seen(tree)[seen(tree).indexOf(item) + 1],
  ArrowUp: (tree, item) => seen(tree)[seen(tree).indexOf(item) - 1],
  Home: (tree) => seen(tree)[0],
  End: (tree) => seen(tree).at(-1),
  ArrowRight: (_, item) => {
    if (item.getAttribute("aria-expanded") === "true") return itemIn(groupOf(item)?.firstElementChild);
    setOpen(item, true);
    return null;
  },
  ArrowLeft: (tree, item) => {
    if (item.getAttribute("aria-expanded") !== "true") return itemIn(item.closest('[role="group"]')?.parentElement);
    setOpen(item, false);
    return null;
  },
};

/** Unfolds all siblings of an item. */
const unfoldSiblings = (item) => {
  for (const row of item.closest("ul").children) setOpen(itemIn(row), true);
};

/** `mark` is called with the place of what is pointed at, or with nothing; `go` with the place of what is chosen. */
export const treeOf = (label, below, { mark, go }) => {
  const tree = list("tree", below, 1);
  tree.setAttribute("aria-label", label);
  itemIn(tree)?.setAttribute("tabindex", "0");
  const itemAt = (event) => event.target.closest?.('[role="treeitem"]');
  const choose = (item) => {
    const { place } = branches.get(item);
    if (place) go(place);
    else setOpen(item, item.getAttribute("aria-expanded") !== "true");
  };
  tree.addEventListener("keydown", (event) => {
    const item = itemAt(event);
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in moves) {
      const to = moves[event.key](tree, item);
      if (to) focus(tree, to);
    } else if (event.key === "Enter") choose(item);
    else if (event.key === " ") setOpen(item, item.getAttribute("aria-expanded") !== "true");
    else if (event.key === "*") unfoldSiblings(item);
    else return;
    event.preventDefault();
  });
  tree.addEventListener("click", (event) => {
    const item = itemAt(event);
    if (!item) return;
    focus(tree, item);
    if (event.target.closest(".place")) choose(item);
    else if (!getSelection()?.toString()) setOpen(item, item.getAttribute("aria-expanded") !== "true");
  });
  const markItem = (event) => mark(branches.get(itemAt(event))?.place);
  tree.addEventListener("focusin", markItem);
  tree.addEventListener("mouseover", markItem);
  tree.addEventListener("mouseleave", () => mark(branches.get(tree.querySelector(":focus"))?.place));
  tree.addEventListener("focusout", () => mark(undefined));
  return tree;
};
