// Runs before the first paint. MUI sets the same attribute later, from the same key, when the app is up.
(() => {
  let mode = null;
  try {
    mode = localStorage.getItem('dropsafe-mode');
  } catch {
    // Storage may be switched off; then the system decides.
  }
  const isDark =
    mode === 'dark' || (mode !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.scheme = isDark ? 'dark' : 'light';
})();
