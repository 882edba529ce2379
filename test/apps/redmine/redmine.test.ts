import { testApp } from "../table.js";
import { REDMINE } from "./app.js";

testApp(REDMINE);
