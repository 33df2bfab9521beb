// `--listen ADDRESS:PORT`.

export const listen = () => {
  const given = process.argv[process.argv.indexOf("--listen") + 1] ?? "";
  const [, host, port] = given.match(/^(.*):(\d+)$/) ?? [];
  if (port === undefined) {
    console.error("usage: --listen ADDRESS:PORT");
    process.exit(2);
  }
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
};
