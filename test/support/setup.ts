/** Runs before each test file: a process runs many of them, one after the other. */
import { afterAll } from "vitest";
import { endTestFile } from "./end.js";

// Registered before the hooks of the file, so that it is the last to run.
afterAll(endTestFile);
