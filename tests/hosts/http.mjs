// What every host over HTTP is asked by.

/** Asks over `send`, which takes a URL and what `fetch` takes. */
export const asker = (base, send) => {
  const request = async (method, path, { headers = {}, text } = {}) => {
    const response = await send(`${base}${path}`, { method, headers, body: text });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const ask = async (method, path, body) => {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const answer = await request(method, path, { headers, text: JSON.stringify(body) });
    const isJson = answer.headers.get("content-type")?.includes("json");
    return { ...answer, json: isJson ? JSON.parse(answer.text) : null, location: answer.headers.get("location") };
  };
  return { request, ask };
};

/** Waits until `probe` gives something, as often as `tries` says. */
export const until = async (probe, tries = 600) => {
  for (let left = tries; left > 0; left -= 1) {
    const found = await probe();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("waited for something that did not come");
};

const running = new Set();

/** Remembers a host, so that it ends with its test however that ends. */
export const register = (host) => {
  running.add(host);
  const forget = (end) => async () => {
    running.delete(host);
    return end();
  };
  host.stop = forget(host.stop);
  host.kill = forget(host.kill);
  return host;
};

/** To be called after each test. */
export const endAll = async () => {
  await Promise.all([...running].map((host) => host.kill()));
};
