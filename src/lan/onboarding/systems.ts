/**
 * How each system comes to trust a root certificate, as data: the words and the screen of each step.
 * None of this could be run here: it follows what the makers document (Apple 102390, Android Help
 * 2844832, Mozilla Support, Microsoft's certmgr).
 */
import type { Screen } from "./picture.js";

export const SYSTEM_NAMES = ["ios", "android", "windows", "macos", "linux"] as const;

export type SystemName = (typeof SYSTEM_NAMES)[number];

/** In what form the system takes the certificate. */
export type Download = "profile" | "certificate";

export interface Step {
  readonly words: string;
  readonly screen: Screen;
  /** The step begins with this file. */
  readonly download?: Download;
}

export interface System {
  readonly title: string;
  readonly steps: readonly Step[];
  /** For who uses another browser than the system's. */
  readonly firefox?: Step;
  /** How to take the certificate off the device again. */
  readonly undo: string;
}

/** @param authority how the system names the certificate */
export function systemsFor(authority: string): Readonly<Record<SystemName, System>> {
  return {
    ios: {
      title: "iPhone, iPad",
      steps: [
        {
          words:
            "In Safari: get the profile and allow the download. Other browsers cannot install it.",
          screen: {
            title: "This website is trying to…",
            rows: ["download a configuration profile", { tap: "Allow" }, "Ignore"],
          },
          download: "profile",
        },
        {
          words:
            "Open Settings. Tap Profile Downloaded near the top, then Install, the passcode, and Install again. iOS says Not Verified: compare the fingerprint below under More Details.",
          screen: {
            title: "Settings",
            rows: ["Your name", { tap: "Profile Downloaded" }, "Airplane Mode", "…"],
          },
        },
        {
          words:
            "The switch that everybody misses: Settings, General, About, and at the very end Certificate Trust Settings. Turn on the switch of this certificate and continue.",
          screen: {
            title: "Certificate Trust Settings",
            rows: ["Enable full trust for root…", { turnOn: authority }],
          },
        },
      ],
      undo: "Settings, General, VPN & Device Management, this profile, Remove Profile.",
    },
    android: {
      title: "Android",
      steps: [
        {
          words:
            "Get the certificate. It goes into Downloads; Android does not open it from there.",
          screen: { title: "Downloads", rows: [{ tap: "devtls-root.crt" }] },
          download: "certificate",
        },
        {
          words:
            "Open Settings, Security & privacy, More security & privacy, Encryption & credentials, Install a certificate, CA certificate. Makers name them otherwise: search the settings for CA certificate.",
          screen: {
            title: "Install a certificate",
            rows: [{ tap: "CA certificate" }, "VPN & app user certificate", "Wi-Fi certificate"],
          },
        },
        {
          words:
            "Tap Install anyway, unlock the device, and choose devtls-root.crt in Downloads. Chrome trusts it at once.",
          screen: {
            title: "Your data won't be private",
            rows: ["Don't install", { tap: "Install anyway" }],
          },
        },
      ],
      firefox: {
        words:
          "Firefox for Android has a switch of its own: Settings, About Firefox, tap the logo five times, go back, Secret Settings, Use third party CA certificates.",
        screen: {
          title: "Secret Settings",
          rows: ["…", { turnOn: "Use third party CA…" }],
        },
      },
      undo: "Settings, the same place, User credentials (or Trusted credentials, User), this certificate, Remove.",
    },
    windows: {
      title: "Windows",
      steps: [
        {
          words: "Get the certificate and open it. Press Install Certificate, Current User, Next.",
          screen: {
            title: "Certificate",
            rows: ["Issued to: devtls", { tap: "Install Certificate…" }],
          },
          download: "certificate",
        },
        {
          words:
            "Choose Place all certificates in the following store, Browse, Trusted Root Certification Authorities. Then Next, Finish, and Yes.",
          screen: {
            title: "Select Certificate Store",
            rows: ["Personal", { tap: "Trusted Root Certification…" }, "Enterprise Trust"],
          },
        },
      ],
      firefox: {
        words:
          "Firefox takes it from Windows: Settings, Privacy & Security, Certificates, Allow Firefox to automatically trust third-party root certificates you install.",
        screen: {
          title: "Certificates",
          rows: [{ turnOn: "Trust third-party roots" }, "View Certificates…"],
        },
      },
      undo: "certmgr.msc, Trusted Root Certification Authorities, Certificates, this certificate, Delete.",
    },
    macos: {
      title: "Mac",
      steps: [
        {
          words: "Get the certificate and open it: Keychain Access adds it to the login keychain.",
          screen: {
            title: "Add Certificates",
            rows: ["Keychain: login", { tap: "Add" }],
          },
          download: "certificate",
        },
        {
          words:
            "In Keychain Access open the certificate, unfold Trust, and set When using this certificate to Always Trust. Close the window and give your password.",
          screen: {
            title: "Trust",
            rows: ["When using this certificate:", { tap: "Always Trust" }],
          },
        },
      ],
      firefox: {
        words:
          "Firefox takes it from the keychain: Settings, Privacy & Security, Certificates, Allow Firefox to automatically trust third-party root certificates you install.",
        screen: {
          title: "Certificates",
          rows: [{ turnOn: "Trust third-party roots" }, "View Certificates…"],
        },
      },
      undo: "Keychain Access, login, Certificates, this certificate, Delete.",
    },
    linux: {
      title: "Linux",
      steps: [
        {
          words:
            "Get the certificate. In Chrome or Chromium open chrome://certificate-manager, Custom, Installed by you, and import it as a trusted certificate.",
          screen: {
            title: "Certificate manager",
            rows: ["Your certificates", { tap: "Trusted certificates: Import" }],
          },
          download: "certificate",
        },
      ],
      firefox: {
        words:
          "Firefox: Settings, Privacy & Security, View Certificates, Authorities, Import. Tick Trust this CA to identify websites.",
        screen: {
          title: "Downloading Certificate",
          rows: [{ turnOn: "Identify websites" }, "Identify email users"],
        },
      },
      undo: "The same place, this certificate, Delete.",
    },
  };
}

/** The system that a browser says it runs on; undefined where it says none of these. */
export function systemOf(userAgent: string): SystemName | undefined {
  return SIGNS.find(([sign]) => sign.test(userAgent))?.[1];
}

/** iPads of today say that they are Macs; the page offers the other systems, too. */
const SIGNS: readonly (readonly [RegExp, SystemName])[] = [
  [/\b(?:iPhone|iPad|iPod)\b/, "ios"],
  [/\bAndroid\b/, "android"],
  [/\bWindows NT\b/, "windows"],
  [/\bMacintosh\b/, "macos"],
  [/\b(?:Linux|X11|CrOS)\b/, "linux"],
];
