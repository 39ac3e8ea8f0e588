/** Light or dark: as the system has it, until one of them is chosen here. */
const dark = matchMedia("(prefers-color-scheme: dark)");

function chosen(): string | null {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null; // private windows may keep nothing
  }
}

const show = (theme: string) => (document.documentElement.dataset.theme = theme);

export function followTheme() {
  const follow = () => show(chosen() ?? (dark.matches ? "dark" : "light"));
  dark.addEventListener("change", follow);
  follow();
}

export function turnTheme() {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("theme", next);
  } catch {
    // it lasts as long as the page then
  }
  show(next);
}
