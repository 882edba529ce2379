/** What `devtls help TOPIC` prints, by topic. */
import { MIGRATE } from "./migrate.js";

export const TOPICS: ReadonlyMap<string, string> = new Map([["migrate", MIGRATE]]);
