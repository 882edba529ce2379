/** Questions about header names, whose answers are kept: clients send the same few over and over. */

/** Strangers can send any number of names; more are not kept. */
const MAX_KEPT = 500;
/** Longer ones are nobody's habit. */
const MAX_LENGTH = 64;

function kept<T>(answer: (name: string) => T): (name: string) => T {
  const answers = new Map<string, T>();
  return (name) => {
    let known = answers.get(name);
    if (known === undefined) {
      known = answer(name);
      if (answers.size < MAX_KEPT && name.length <= MAX_LENGTH) answers.set(name, known);
    }
    return known;
  };
}

/** In lower case. */
export const lower = kept((name) => name.toLowerCase());

/** As Go writes header names: each word with a capital, the rest in lower case. */
export const canonical = kept((name) =>
  name.toLowerCase().replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase()),
);

/** Whether it has anything but letters, digits and hyphens in it. */
export const isOdd = kept((name) => !/^[A-Za-z0-9-]+$/.test(name));

/** In lower case and with hyphens for underscores, as CGI makes one variable of both. */
export const hyphened = kept((name) => name.toLowerCase().replaceAll("_", "-"));
