import { reactRouter } from "@react-router/dev/vite";

export default {
  plugins: [reactRouter()],
  // Its own client is among the packages, which are outside of this folder here.
  server: { fs: { allow: [".."] } },
};
