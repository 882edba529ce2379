/** How long or large a load is: a sample of it, or with DEVTLS_LONG=1 the whole. */
export function load(sample: number, whole: number): number {
  return process.env.DEVTLS_LONG === "1" ? whole : sample;
}
