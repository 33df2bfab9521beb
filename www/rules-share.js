// A policy and its question, as the part of an address behind `#`: compressed, in letters that links keep.

/** The longest that links of; addresses beyond this get lost on their way. */
const LONGEST = 32_000;
/** The most characters that a link may unfold to. */
const MOST = 1_000_000;
const FORMAT = "1.";

const packed = (bytes) => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
};

const unpacked = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

const through = (bytes, stream) => new Blob([bytes]).stream().pipeThrough(stream);

/** The text of a stream; fails where there is more than a link may unfold to. */
const textOf = async (stream) => {
  const reader = stream.pipeThrough(new TextDecoderStream("utf-8", { fatal: true })).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += value;
    if (text.length > MOST) {
      await reader.cancel();
      throw new RangeError("the link is too large");
    }
  }
};

/** The fragment of a state; `null` where it would be too long for an address. */
export const fragmentOf = async ({ policy, question }) => {
  const bytes = new TextEncoder().encode(JSON.stringify([policy, question]));
  const stream = through(bytes, new CompressionStream("deflate-raw"));
  const fragment = FORMAT + packed(new Uint8Array(await new Response(stream).arrayBuffer()));
  return fragment.length > LONGEST ? null : fragment;
};

/** The state of a fragment; `null` where it has none. Fails where the link is damaged. */
export const stateOf = async (fragment) => {
  if (!fragment.startsWith(FORMAT)) return null;
  const stream = through(unpacked(fragment.slice(FORMAT.length)), new DecompressionStream("deflate-raw"));
  const state = JSON.parse(await textOf(stream));
  if (!Array.isArray(state) || state.length !== 2 || state.some((part) => typeof part !== "string")) {
    throw new TypeError("the link holds something else");
  }
  const [policy, question] = state;
  return { policy, question };
};
