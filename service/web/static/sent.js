// It was sent: what this browser kept of the form is no longer needed.
for (const name of Object.keys(localStorage)) {
  if (name.startsWith("exhibit:")) localStorage.removeItem(name);
}
