export function printClient(..._: unknown[]): void {}
