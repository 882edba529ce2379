export default {
  framework: "@storybook/html-vite",
  stories: ["../stories/*.stories.js"],
  core: { disableTelemetry: true },
  // Its page's client would ask Storybook's own port for a WebSocket over TLS.
  viteFinal: (config) => {
    config.server.hmr.clientPort = Number(new URL(process.env.DEVTLS_URL).port);
    return config;
  },
};
