import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import { AppModule } from "./app.module.js";

declare const process: { env: Record<string, string | undefined> };

const app = await NestFactory.create(AppModule);
await app.listen(process.env.PORT ?? 3000);
