// `cargo xtask serve browser`: the playground and the package as plain files, as any host of files serves them.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { listen } from "./listen.mjs";

const { default: sirv } = await import(createRequire(`${process.env.ASSIZE_TOOLS}/`).resolve("sirv"));
const folder = process.env.ASSIZE_WWW;
const text = await readFile(join(folder, "_headers"), "utf8");
const headers = [...text.matchAll(/^ {2}([^:]+): (.*)$/gm)].map(([, name, value]) => [name, value]);
const files = sirv(folder, { dev: true, dotfiles: false, setHeaders: (response) => headers.forEach(([name, value]) => response.setHeader(name, value)) });
const { host, port } = listen();
const server = createServer((request, response) =>
  files(request, response, () => response.writeHead(404, { "content-type": "text/plain" }).end("there is no such file\n")),
);
server.on("error", (error) => {
  console.error(`can't listen on ${host}:${port}: ${error.message}`);
  process.exit(1);
});
server.listen(port, host, () => console.error(`listening on http://${host}:${server.address().port}`));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(0));
