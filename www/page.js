// What every page of the playground has: ways to make elements, and the choice of light or dark.

export const byId = (id) => document.getElementById(id);

export const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

/** A message as a sentence. */
export const sentence = (text) => {
  if (text === "") return "";
  const end = /[.?!]$/.test(text) ? "" : ".";
  return text[0].toUpperCase() + text.slice(1) + end;
};

const setTheme = (theme) => {
  document.documentElement.dataset.theme = theme;
  byId("theme").setAttribute("aria-pressed", String(theme === "dark"));
};

const kept = () => {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
};

/** Light or dark as it was chosen, else as the system is; the button changes it. */
export const startTheme = () => {
  setTheme(kept() ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
  byId("theme").addEventListener("click", () => {
    const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    setTheme(theme);
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  });
};
