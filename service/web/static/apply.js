// Makes the form quicker: shows the progress of an upload, and asks before words are lost.
const form = document.getElementById("apply");
const progress = document.getElementById("progress");
document.getElementById("mistakes")?.focus();

let changed = false;
form.addEventListener("input", () => { changed = true; });
window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });

form.addEventListener("submit", (event) => {
  changed = false;
  const chosen = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
  if (!chosen || event.submitter?.value !== "send") return;
  progress.hidden = false;
  progress.querySelector("progress").removeAttribute("value");
});
