/** What is tried of tables whose whole takes minutes. */

/**
 * Of the names that are expected to come to the same one, another one in the next turn.
 * @param turn counts from 0
 */
export function oneOfEach<Name extends string>(
  expected: Readonly<Partial<Record<Name, unknown>>>,
  turn: number,
): Name[] {
  const names = Object.keys(expected) as Name[];
  return names.filter((name) => {
    const alike = names.filter((other) => expected[other] === expected[name]);
    return alike[turn % alike.length] === name;
  });
}
