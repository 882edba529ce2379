// node-forge ships no types, and its one-file entry points have none anywhere. Only what the
// encoder uses is declared: binary strings in, binary strings out.
declare module "node-forge/lib/asn1.js" {
  interface Node {
    readonly tagClass: number;
    readonly type: number;
  }
  interface Asn1 {
    create(tagClass: number, type: number, constructed: boolean, value: string | Node[]): Node;
    toDer(node: Node): { getBytes(): string };
    oidToDer(oid: string): { getBytes(): string };
    dateToUtcTime(date: Date): string;
    dateToGeneralizedTime(date: Date): string;
  }
  const asn1: Asn1;
  export default asn1;
  export type { Node };
}

declare module "node-forge/lib/pbe.js" {
  interface Bytes {
    getBytes(): string;
  }
  interface Pbe {
    /** RFC 7292 appendix B; `purpose` is 1 for a key, 2 for an IV, 3 for a MAC key. */
    generatePkcs12Key(
      password: string,
      salt: Bytes,
      purpose: 1 | 2 | 3,
      iterations: number,
      length: number,
    ): Bytes;
  }
  const pbe: Pbe;
  export default pbe;
}

declare module "node-forge/lib/util.js" {
  const util: { createBuffer(binary: string): { getBytes(): string } };
  export default util;
}
