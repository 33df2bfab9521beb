// The editor of a policy: a text area, and beneath its transparent text the same lines in colours.
import { element } from "/playground/page.js";
import { painted } from "/playground/rules-paint.js";

/** Lines above and below what is seen that are painted as well. */
const AROUND = 20;
const INDENT = "    ";
/** The most characters that are put in as if they were typed. */
const LONGEST_UNDONE = 8_000;

/** Where a column of a line is, in UTF-16 units; columns count characters from 1. */
const unitsOf = (text, column) => {
  let units = 0;
  for (const character of text) {
    column -= 1;
    if (column < 1) break;
    units += character.length;
  }
  return units;
};

/** The part of a place that is in one line; what is empty covers a character, or the end. */
const rangeIn = (text, number, place) => {
  const start = number === place.line ? unitsOf(text, place.column) : 0;
  const end = number === place.end_line ? unitsOf(text, place.end_column) : text.length;
  return end > start ? { start, end } : { start: Math.max(Math.min(start, text.length - 1), 0), end: start + 1 };
};

/** Where two texts differ: a range of the first, and what stands there in the second. */
const differenceOf = (before, after) => {
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < most - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  return { start: head, end: before.length - tail, part: after.slice(head, after.length - tail) };
};

export class Editor {
  #scroller;
  #area;
  #paint;
  /** As they are painted: `{text, row, isPainted, wrong}`. */
  #lines = [];
  #marked = [];
  #frame = 0;

  /** `changed` is called after each change of the text. */
  constructor(scroller, changed) {
    this.#scroller = scroller;
    this.#area = scroller.querySelector("textarea");
    this.#paint = scroller.querySelector(".paint");
    this.#area.addEventListener("input", () => {
      this.#update();
      changed();
    });
    this.#area.addEventListener("keydown", (event) => this.#indent(event));
    // An unfinished word of an input method is shown by the text area itself.
    this.#area.addEventListener("compositionstart", () => scroller.classList.add("composing"));
    this.#area.addEventListener("compositionend", () => scroller.classList.remove("composing"));
    scroller.addEventListener("scroll", () => this.#later());
    new ResizeObserver(() => this.#later()).observe(scroller);
    this.#update();
  }

  /** Half a surrogate pair, which is no text, is another character of the same length here. */
  get text() {
    return this.#area.value.toWellFormed();
  }

  /** Replaces the text, so that undo brings it back where little differs; what has the focus keeps it. */
  replace(text) {
    const area = this.#area;
    if (text === area.value) return;
    const [focused, at] = [document.activeElement, area.selectionStart];
    const { start, end, part } = differenceOf(area.value, text);
    // Browsers take minutes for long texts.
    if (area.value !== "" && part !== "" && part.length < LONGEST_UNDONE) {
      area.focus({ preventScroll: true });
      area.setSelectionRange(start, end);
      document.execCommand("insertText", false, part);
      if (focused !== area) focused?.focus({ preventScroll: true });
    }
    if (area.value !== text) {
      area.value = text;
      area.dispatchEvent(new InputEvent("input"));
    }
    area.setSelectionRange(at, at);
  }

  /** Underlines what is wrong. */
  show(findings) {
    this.#area.setAttribute("aria-invalid", String(findings.some(({ severity }) => severity === "error")));
    const wrong = new Map();
    for (const finding of findings) {
      const { line: first, end_line: last, severity } = finding;
      if (first === undefined) continue;
      for (let number = first; number <= Math.min(last, this.#lines.length); number += 1) {
        const line = this.#lines[number - 1];
        const found = wrong.get(line) ?? [];
        found.push({ ...rangeIn(line.text, number, finding), severity });
        wrong.set(line, found);
      }
    }
    for (const line of this.#lines) {
      const found = wrong.get(line) ?? [];
      if (found.length === 0 && line.wrong.length === 0) continue;
      line.wrong = found;
      line.isPainted = false;
    }
    this.#paintSeen();
  }

  /** Marks the lines of a place, or of none, and brings them into view within the editor. */
  mark(place) {
    for (const { row } of this.#marked) row.classList.remove("marked");
    this.#marked = place ? this.#lines.slice(place.line - 1, place.end_line) : [];
    for (const { row } of this.#marked) row.classList.add("marked");
    if (this.#marked.length > 0) this.#reveal(this.#marked[0].row, this.#marked.at(-1).row);
  }

  /** Selects a place and goes there. */
  go(place) {
    const [first, last] = [place.line, place.end_line].map((number) => Math.min(number, this.#lines.length) - 1);
    const [from, to] = [this.#lines[first], this.#lines[last]];
    if (from === undefined || to === undefined) return;
    const before = (index) => this.#lines.slice(0, index).reduce((sum, { text }) => sum + text.length + 1, 0);
    const start = before(first) + unitsOf(from.text, place.column);
    const end = before(last) + unitsOf(to.text, place.end_column);
    this.#area.focus({ preventScroll: true });
    this.#area.setSelectionRange(start, end);
    this.#reveal(from.row, to.row);
    from.row.scrollIntoView({ block: "nearest" });
  }

  #reveal(first, last) {
    const { scrollTop, clientHeight } = this.#scroller;
    const top = first.offsetTop;
    const bottom = Math.min(last.offsetTop + last.offsetHeight, top + clientHeight);
    if (top < scrollTop) this.#scroller.scrollTop = top - first.offsetHeight;
    else if (bottom > scrollTop + clientHeight) this.#scroller.scrollTop = bottom - clientHeight + last.offsetHeight;
  }

  /** A new line begins where the one before did, further in below a rule's head. */
  #indent(event) {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const { value, selectionStart } = this.#area;
    const before = value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart);
    const indent = before.match(/^[ \t]*/)[0] + (/\bif\s*$/.test(before) ? INDENT : "");
    if (indent !== "" && document.execCommand("insertText", false, `\n${indent}`)) event.preventDefault();
  }

  /** Makes the painted lines those of the text; only what differs is touched. */
  #update() {
    const texts = this.#area.value.split("\n");
    const lines = this.#lines;
    const most = Math.min(texts.length, lines.length);
    let head = 0;
    while (head < most && texts[head] === lines[head].text) head += 1;
    let tail = 0;
    while (tail < most - head && texts[texts.length - 1 - tail] === lines[lines.length - 1 - tail].text) tail += 1;
    const old = lines.slice(head, lines.length - tail);
    const fresh = texts.slice(head, texts.length - tail).map((text, index) => {
      const row = old[index]?.row ?? element("div", { class: "line" });
      row.textContent = text;
      return { text, row, isPainted: false, wrong: [] };
    });
    for (const { row } of old.slice(fresh.length)) row.remove();
    const added = fresh.slice(old.length).map(({ row }) => row);
    const next = lines[lines.length - tail]?.row ?? null;
    const part = document.createDocumentFragment();
    part.append(...added);
    this.#paint.insertBefore(part, next);
    lines.splice(head, old.length, ...fresh);
    this.#paintSeen();
  }

  #later() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paintSeen());
  }

  /** The first line that ends below a height. */
  #lineAt(height) {
    let [low, high] = [0, this.#lines.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      const { offsetTop, offsetHeight } = this.#lines[middle].row;
      if (offsetTop + offsetHeight > height) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #paintSeen() {
    const { scrollTop, clientHeight } = this.#scroller;
    const first = Math.max(this.#lineAt(scrollTop) - AROUND, 0);
    const last = Math.min(this.#lineAt(scrollTop + clientHeight) + AROUND, this.#lines.length - 1);
    for (let index = first; index <= last; index += 1) {
      const line = this.#lines[index];
      const number = String(index + 1);
      if (line.row.dataset.number !== number) line.row.dataset.number = number;
      if (line.isPainted) continue;
      line.row.replaceChildren(...painted(line.text, line.wrong));
      line.isPainted = true;
    }
  }
}
