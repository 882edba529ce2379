import { Controller, Get, Header } from "@nestjs/common";

@Controller()
export class AppController {
  @Get()
  @Header("Content-Type", "text/html")
  page(): string {
    return "<!doctype html><title>Nest</title><h1>first</h1>";
  }
}
