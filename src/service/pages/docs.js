// Renders /openapi.json for people. Texts reach the page as text nodes only.
"use strict";

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
};

// Texts in back ticks become code.
const prose = (text) =>
  (text ?? "").split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part));

const resolver = (api) => (schema) => {
  const name = schema?.$ref?.split("/").pop();
  return name ? { name, ...api.components.schemas[name] } : { name: null, ...schema };
};

const typeOf = (schema, resolve) => {
  const { name, type, items, oneOf, anyOf } = resolve(schema);
  const choices = (oneOf ?? anyOf)?.filter((choice) => choice.type !== "null");
  if (choices) return choices.map((choice) => typeOf(choice, resolve)).join(" or ");
  if (items) return `array of ${typeOf(items, resolve)}`;
  return name ?? [type].flat().filter(Boolean).join(" or ");
};

const notes = (schema, resolve) => {
  const shape = resolve(schema);
  const parts = [...prose(schema.description ?? shape.description)];
  if (shape.default !== undefined) parts.push(" Default: ", element("code", {}, String(shape.default)));
  return parts;
};

const table = (shape, resolve) => {
  const rows = Object.entries(shape.properties ?? {}).map(([name, schema]) =>
    element(
      "tr",
      {},
      element("td", {}, element("code", {}, name), shape.required?.includes(name) ? " *" : ""),
      element("td", {}, typeOf(schema, resolve)),
      element("td", {}, ...notes(schema, resolve)),
    ),
  );
  const head = element("tr", {}, ...["Field", "Type", "Meaning"].map((text) => element("th", {}, text)));
  return element("div", { class: "table" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
};

// A schema's fields, and below them those of every schema that it names.
const fields = (schema, resolve, seen = new Set()) => {
  const shape = resolve(schema);
  if (shape.name && seen.has(shape.name)) return [];
  seen.add(shape.name);
  const inner = [schema.items, ...(shape.oneOf ?? []), ...(shape.anyOf ?? []), ...Object.values(shape.properties ?? {})];
  const own = shape.properties ? [element("h4", {}, shape.name ?? "Body"), table(shape, resolve)] : [];
  const below = inner.filter(Boolean).flatMap((one) => [one, one.items].filter(Boolean));
  return [...own, ...below.flatMap((one) => (one.$ref || one.oneOf || one.anyOf ? fields(one, resolve, seen) : []))];
};

const tryIt = (path, method, operation, resolve) => {
  const schema = operation.requestBody?.content["application/json"]?.schema;
  const parameters = (operation.parameters ?? []).map(({ name }) => element("input", { name, "aria-label": name, placeholder: name }));
  const body = schema ? element("textarea", { "aria-label": "Body", spellcheck: "false" }) : null;
  if (body) body.value = JSON.stringify(resolve(schema).example ?? {}, null, 2);
  const answer = element("pre", { hidden: "", role: "status" });
  const button = element("button", { type: "submit" }, "Send");
  const form = element("form", {}, ...parameters, body, element("div", {}, button), answer);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const url = parameters.reduce((text, input) => text.replace(`{${input.name}}`, encodeURIComponent(input.value)), path);
    const headers = body ? { "content-type": "application/json" } : {};
    answer.hidden = false;
    try {
      const response = await fetch(url, { method: method.toUpperCase(), headers, body: body?.value });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json");
      answer.textContent = `${response.status} ${response.statusText}\n\n${isJson ? JSON.stringify(JSON.parse(text), null, 2) : text}`;
    } catch (error) {
      answer.textContent = `No answer: ${error.message}`;
    }
  });
  return element("details", {}, element("summary", {}, "Try it"), form);
};

const operationOf = (path, method, operation, resolve) => {
  const schema = operation.requestBody?.content["application/json"]?.schema;
  const answers = Object.entries(operation.responses).flatMap(([status, response]) => {
    const [type, content] = Object.entries(response.content ?? {})[0] ?? [];
    const title = element("p", {}, element("strong", {}, status), ` ${response.description}${type ? ` (${type})` : ""}`);
    return [title, ...(content && status !== "default" ? fields(content.schema, resolve) : [])];
  });
  return element(
    "article",
    { id: operation.operationId },
    element("h3", {}, element("span", { class: `method ${method}` }, method.toUpperCase()), ` ${path}`),
    element("p", {}, element("strong", {}, operation.summary ?? "")),
    ...(operation.description ?? "").split("\n\n").filter(Boolean).map((text) => element("p", {}, ...prose(text))),
    schema ? element("details", {}, element("summary", {}, "Body"), ...fields(schema, resolve)) : null,
    element("details", {}, element("summary", {}, "Answers"), ...answers),
    tryIt(path, method, operation, resolve),
  );
};

const render = (api) => {
  const resolve = resolver(api);
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const contents = [element("strong", {}, "Assize API")];
  const sections = [
    element("h1", {}, api.info.title, " ", element("small", {}, api.info.version)),
    ...api.info.description.split("\n\n").map((text) => element("p", {}, ...prose(text))),
    element("p", {}, element("a", { href: "/openapi.json" }, "/openapi.json"), " is this page for programs (OpenAPI 3.1). A star marks required fields."),
  ];
  for (const tag of api.tags) {
    const own = operations.filter(({ operation }) => operation.tags?.includes(tag.name));
    contents.push(element("h2", {}, tag.name));
    sections.push(element("h2", {}, tag.name), element("p", {}, ...prose(tag.description)));
    for (const { path, method, operation } of own) {
      const name = element("span", { class: `method ${method}` }, method.toUpperCase());
      contents.push(element("a", { href: `#${operation.operationId}` }, name, ` ${path}`));
      sections.push(operationOf(path, method, operation, resolve));
    }
  }
  document.getElementById("contents").replaceChildren(...contents);
  document.getElementById("description").replaceChildren(...sections);
};

fetch("/openapi.json")
  .then((response) => response.json())
  .then(render)
  .catch((error) => {
    document.getElementById("description").textContent = `The description can't be shown: ${error.message}`;
  });
