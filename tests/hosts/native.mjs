// `assize serve`.
import { run } from "./process.mjs";

export const start = async () => {
  const given = ["serve", "--listen", "127.0.0.1:0", "--log-format", "text"];
  return run(process.env.ASSIZE_PROGRAM, given, /docs="?(http:\/\/[^/\s]+)\/docs/);
};
