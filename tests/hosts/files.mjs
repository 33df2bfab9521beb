// The playground and the package as plain files.
import { fileURLToPath } from "node:url";
import { run } from "./process.mjs";

const server = fileURLToPath(new URL("serve-files.mjs", import.meta.url));

export const start = () => run(process.execPath, [server, "--listen", "127.0.0.1:0"], /listening on (http:\/\/\S+)/);
