// `assize serve`, with a journal of its own.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./process.mjs";

export const start = async () => {
  const data = await mkdtemp(join(tmpdir(), "native-"));
  const given = ["serve", "--listen", "127.0.0.1:0", "--log-format", "text", "--store", `sqlite:${data}/assize.db`];
  const host = await run(process.env.ASSIZE_PROGRAM, given, /docs="?(http:\/\/[^/\s]+)\/docs/);
  const end = (how) => async () => {
    const code = await how();
    await rm(data, { recursive: true, force: true });
    return code;
  };
  return Object.assign(host, { stop: end(host.stop), kill: end(host.kill) });
};
