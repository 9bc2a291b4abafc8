// It was sent: what this browser kept of that job's form is no longer needed.
const form = document.querySelector("[data-sent]")?.dataset.sent;
if (form) localStorage.removeItem(`exhibit:${new URL(form, location.href)}`);
