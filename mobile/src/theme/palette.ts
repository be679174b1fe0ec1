/** The colours of the web client's tokens (web/src/ui/tokens.css; a test compares them). */
export interface Palette {
  readonly dark: boolean;
  readonly surface: string;
  readonly sunken: string;
  readonly raised: string;
  readonly field: string;
  readonly pressed: string;
  readonly selected: string;
  readonly overlay: string;
  readonly text: string;
  readonly text2: string;
  readonly text3: string;
  readonly link: string;
  readonly border: string;
  readonly borderField: string;
  readonly accent: string;
  readonly accentSoft: string;
  readonly accentText: string;
  readonly onAccent: string;
  readonly danger: string;
  readonly dangerSoft: string;
  readonly dangerText: string;
  readonly onDanger: string;
  readonly warningSoft: string;
  readonly warningText: string;
  readonly highlight: string;
  readonly onHighlight: string;
  readonly mentionSoft: string;
  readonly mentionEdge: string;
  readonly onAvatar: string;
  readonly avatars: readonly string[];
}

export const light: Palette = {
  dark: false,
  surface: "#ffffff",
  sunken: "#f3f5f3",
  raised: "#ffffff",
  field: "#ffffff",
  pressed: "rgba(18, 38, 33, 0.09)",
  selected: "#dcebe6",
  overlay: "rgba(12, 22, 19, 0.44)",
  text: "#15201d",
  text2: "#4d5a56",
  text3: "#63706c",
  link: "#0a6558",
  border: "#e1e6e3",
  borderField: "#87938e",
  accent: "#0b7466",
  accentSoft: "#dff1ec",
  accentText: "#0a6558",
  onAccent: "#ffffff",
  danger: "#b42318",
  dangerSoft: "#fdecea",
  dangerText: "#a51d13",
  onDanger: "#ffffff",
  warningSoft: "#fdf3d8",
  warningText: "#7a4b00",
  highlight: "#c4420f",
  onHighlight: "#ffffff",
  mentionSoft: "#fff3e4",
  mentionEdge: "#e08a2c",
  onAvatar: "#ffffff",
  avatars: ["#2f6f62", "#3f62ad", "#8a4f9e", "#a8484a", "#96601c", "#4c6f2c", "#5b5fb4", "#a04572"],
};

export const dark: Palette = {
  dark: true,
  surface: "#171c1b",
  sunken: "#111514",
  raised: "#202726",
  field: "#121716",
  pressed: "rgba(226, 245, 239, 0.11)",
  selected: "#1e3a34",
  overlay: "rgba(0, 0, 0, 0.6)",
  text: "#e8edeb",
  text2: "#aab6b2",
  text3: "#8f9c97",
  link: "#5ed0bb",
  border: "#29322f",
  borderField: "#6a7772",
  accent: "#2bb59d",
  accentSoft: "#16352f",
  accentText: "#5ed0bb",
  onAccent: "#04211c",
  danger: "#e5695f",
  dangerSoft: "#3b1d1a",
  dangerText: "#f49a92",
  onDanger: "#2b0906",
  warningSoft: "#3a2f14",
  warningText: "#f1c86f",
  highlight: "#f08a52",
  onHighlight: "#2d1102",
  mentionSoft: "#2c2418",
  mentionEdge: "#d68b3d",
  onAvatar: "#ffffff",
  avatars: ["#34796b", "#486bb5", "#8f57a2", "#ad5052", "#966525", "#557836", "#6468bb", "#a54e78"],
};
