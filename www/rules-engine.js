// The rule engine, in threads of its own: whatever they compute, the page goes on.

/** What a question that was stopped ends with. */
export class Stopped extends Error {}

/** A thread that takes one call after the other. */
class Thread {
  #worker = null;
  #isReady = false;
  #pending = new Map();
  #last = 0;

  start() {
    this.#worker = new Worker("/playground/rules-worker.js", { type: "module" });
    this.#worker.addEventListener("message", ({ data }) => this.#hear(data));
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.end(new Error(event.message || "the engine can't be loaded"));
    });
  }

  call(what, ...given) {
    if (this.#worker === null) this.start();
    this.#last += 1;
    const message = { id: this.#last, what, given };
    return new Promise((resolve, reject) => {
      this.#pending.set(message.id, { message, resolve, reject });
      if (this.#isReady) this.#worker.postMessage(message);
    });
  }

  /** Ends it, and with it what it computes. */
  end(error) {
    this.#worker?.terminate();
    this.#worker = null;
    this.#isReady = false;
    const calls = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of calls) reject(error);
  }

  #hear({ id, value, error }) {
    if (id === undefined) {
      this.#isReady = true;
      for (const { message } of this.#pending.values()) this.#worker.postMessage(message);
      return;
    }
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    if (!error) call?.resolve(value);
    else call?.reject(Object.assign(new Error(error.message), error));
    // What a trap leaves behind is not asked again.
    if (error?.name === "RuntimeError") this.end(new Error(error.message));
  }
}

// Checks do not wait for a question that takes long.
const checker = new Thread();
const asker = new Thread();
checker.start();
asker.start();

/** What is wrong with a policy: findings. */
export const check = (policy) => checker.call("check", policy);

/** A policy's answer to a question within limits, with the milliseconds that it took. */
export const ask = (policy, question, limits) => asker.call("ask", policy, question, limits);

/** The proof of one of the answers that the same question has. */
export const prove = (policy, question, limits, index) => asker.call("prove", policy, question, limits, index);

/** Ends the question that is being computed. */
export const stop = () => {
  asker.end(new Stopped("it was stopped"));
  asker.start();
};
