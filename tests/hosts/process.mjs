// A host that is a program: it says where it listens, on its standard error or output.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { asker, register } from "./http.mjs";

const started = new Set();
process.on("exit", () => {
  for (const child of started) child.kill("SIGKILL");
});

/** Starts it and waits until it says `says`, whose first group is where. */
export const run = async (program, given, says, patience = 120_000) => {
  const child = spawn(program, given, { stdio: ["ignore", "pipe", "pipe"] });
  started.add(child);
  let log = "";
  const ended = once(child, "exit").then(([code, signal]) => {
    started.delete(child);
    return code ?? signal;
  });
  const address = await new Promise((resolve, refuse) => {
    const reject = (error) => {
      child.kill("SIGKILL");
      refuse(error);
    };
    const hear = (part) => {
      log += part;
      const found = log.match(says);
      if (!found) return;
      clearTimeout(timer);
      resolve(found[1]);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", reject);
    const late = () => reject(new Error(`${program} ${given.join(" ")} said nothing in time: ${log}`));
    const timer = setTimeout(late, patience).unref();
    child.on("exit", (code) => reject(new Error(`${program} ended with ${code}: ${log}`)));
  });
  const end = async (signal) => {
    if (started.has(child)) child.kill(signal);
    return ended;
  };
  return register({
    ...asker(address, fetch),
    address,
    log: () => log,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  });
};
