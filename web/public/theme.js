// Before anything is painted: the theme that was chosen on this device, so that nothing flashes.
try {
  const theme = localStorage.getItem('omnichat.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the system's theme it is.
}
