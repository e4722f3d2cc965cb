// The theme, light or dark: that of the system until the reader changes it.

import { setAttribute, setText } from "./dom.js";

const KEY = "esctl.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

export function themeToggle(button) {
  const chosen = () => localStorage.getItem(KEY) ?? (dark.matches ? "dark" : "light");
  const show = () => {
    const theme = chosen();
    document.documentElement.dataset.theme = theme;
    setText(button, theme === "dark" ? "Light" : "Dark");
    setAttribute(button, "aria-label", `Switch to the ${theme === "dark" ? "light" : "dark"} theme`);
  };
  button.addEventListener("click", () => {
    localStorage.setItem(KEY, chosen() === "dark" ? "light" : "dark");
    show();
  });
  dark.addEventListener("change", show);
  show();
}
