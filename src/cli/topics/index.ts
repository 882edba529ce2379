/** What `devtls help TOPIC` prints, by topic. */
import type { TopicName } from "../commands.js";
import { CI } from "./ci.js";
import { CONFIG } from "./config.js";
import { COOKIES } from "./cookies.js";
import { DIAGNOSIS } from "./diagnosis.js";
import { MIGRATE } from "./migrate.js";
import { PHONE } from "./phone.js";
import { SECURITY } from "./security.js";

const TEXTS: Readonly<Record<TopicName, string>> = {
  security: SECURITY,
  diagnosis: DIAGNOSIS,
  cookies: COOKIES,
  configuration: CONFIG,
  ci: CI,
  phone: PHONE,
  migrate: MIGRATE,
};

export const TOPICS: ReadonlyMap<string, string> = new Map(Object.entries(TEXTS));
