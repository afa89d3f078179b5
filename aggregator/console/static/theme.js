// Sets the theme before anything is drawn; dark is what a wall needs, so it is the default.
(() => {
  const root = document.documentElement;
  const kept = () => {
    try {
      return localStorage.getItem("matthan_theme");
    } catch {
      return null;
    }
  };
  root.dataset.theme = kept() === "light" ? "light" : "dark";

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const show = () => {
      const dark = root.dataset.theme === "dark";
      const words = dark ? button.dataset.light : button.dataset.dark;
      button.setAttribute("aria-label", words);
      button.title = words;
    };
    button?.addEventListener("click", () => {
      root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
      try {
        localStorage.setItem("matthan_theme", root.dataset.theme);
      } catch {
        // Private windows keep nothing; the choice holds for this page.
      }
      show();
    });
    if (button) show();

    const eye = document.getElementById("show-password");
    const password = document.getElementById("password");
    eye?.addEventListener("change", () => {
      password.type = eye.checked ? "text" : "password";
    });
  });
})();
