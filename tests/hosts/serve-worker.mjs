// `cargo xtask serve worker`: the Worker in workerd, with storage that lasts, until a signal comes.
import { start } from "./worker.mjs";
import { endAll } from "./http.mjs";
import { listen } from "./listen.mjs";

const { host, port } = listen();
const worker = await start({
  storage: process.env.ASSIZE_STORAGE,
  host,
  port,
  hear: (part) => process.stderr.write(part),
});
console.error(`sessions are kept in ${process.env.ASSIZE_STORAGE}`);
console.error(`listening on ${worker.address}`);
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    await endAll();
    process.exit(0);
  });
}
