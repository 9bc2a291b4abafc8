// Makes the form quicker: adds exhibits in place, shows how far an upload is, keeps what was typed,
// and tells of files that are too large before they are sent.
const MOST = 20;

function begin(form) {
  const kept = `exhibit:${form.action}`;
  document.querySelector("#elsewhere, #mistakes")?.focus();
  form.querySelector("button[value=add]")?.addEventListener("click", (event) => {
    event.preventDefault();
    add(form).querySelector("textarea").focus();
    if (exhibits(form).length >= MOST) event.target.remove();
  });
  // What was typed stays in this browser until it is sent: a closed window loses nothing.
  form.addEventListener("input", () => localStorage.setItem(kept, JSON.stringify(typed(form))));
  form.addEventListener("change", (event) => {
    if (event.target.type === "file") blame(event.target, wrongWith(form, event.target));
  });
  form.addEventListener("submit", (event) => submit(form, event));
  if (!form.elements.draft.value) restore(form, JSON.parse(localStorage.getItem(kept) ?? "[]"));
}

const exhibits = (form) => [...form.querySelectorAll("fieldset.exhibit")];
const inputs = (form) => [...form.querySelectorAll("input[type=file]")];
const typed = (form) => [...new FormData(form)].filter(([name, value]) =>
  typeof value === "string" && value && !form.dataset.ours.split(" ").includes(name));

function restore(form, saved) {
  const numbers = saved.map(([name]) => Number(/^evidence-(\d+)-/.exec(name)?.[1] ?? 0));
  while (exhibits(form).length <= Math.max(0, ...numbers) && exhibits(form).length < MOST) add(form);
  for (const [name, value] of saved) {
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (["checkbox", "radio"].includes(field.type)) field.checked ||= field.value === value;
      else if (!field.value) field.value = value;
    }
  }
}

function add(form) {
  const last = exhibits(form).at(-1);
  const number = Number(last.id.split("-")[1]);
  const copy = last.cloneNode(true);
  for (const part of [copy, ...copy.querySelectorAll("*")]) {
    for (const name of ["id", "name", "for", "aria-describedby"]) {
      const text = part.getAttribute(name);
      if (text) part.setAttribute(name, text.replaceAll(`evidence-${number}`, `evidence-${number + 1}`));
    }
    part.removeAttribute("aria-invalid");
  }
  copy.querySelectorAll(".mistake, .chip").forEach((part) => (part.closest("p") ?? part).remove());
  copy.querySelectorAll("[name=drop]").forEach((part) => part.closest("label").remove());
  copy.querySelectorAll("input, textarea, select").forEach((field) => { field.value = ""; });
  copy.querySelectorAll("details").forEach((part) => { part.open = false; });
  last.after(copy);
  exhibits(form).forEach((part, index) => {
    part.querySelector("legend h2").textContent = `Exhibit ${index + 1}`;
  });
  return copy;
}

// The server says the same, after the bytes have travelled.
function wrongWith(form, input) {
  const { fileBytes, filesBytes, files } = form.dataset;
  const all = inputs(form).flatMap((each) => [...each.files]);
  const large = [...input.files].find((file) => file.size > Number(fileBytes));
  if (large) return `The file “${large.name}” is larger than the limit of ${form.dataset.fileLimit}.`;
  if (all.length > Number(files)) return `Send at most ${files} files at once.`;
  if (all.reduce((sum, file) => sum + file.size, 0) > Number(filesBytes)) {
    return `The files together are larger than the limit of ${form.dataset.filesLimit}.`;
  }
  return "";
}

function blame(input, text) {
  const id = `${input.id}-mistake`;
  document.getElementById(id)?.remove();
  input.toggleAttribute("aria-invalid", Boolean(text));
  if (!text) return;
  const mistake = Object.assign(document.createElement("p"), { id, className: "mistake", textContent: text });
  mistake.setAttribute("role", "alert");
  input.before(mistake);
}

function submit(form, event) {
  const wrong = inputs(form).find((input) => input.files.length && wrongWith(form, input));
  if (wrong) {
    event.preventDefault();
    blame(wrong, wrongWith(form, wrong));
    wrong.focus();
    return;
  }
  if (event.submitter?.value !== "send" || inputs(form).every((input) => !input.files.length)) return;
  event.preventDefault();
  send(form, new FormData(form, event.submitter));
}

function send(form, content) {
  const bar = document.getElementById("progress");
  const progress = bar.querySelector("progress");
  const told = bar.querySelector("span");
  const request = new XMLHttpRequest();
  bar.hidden = progress.hidden = false;
  told.textContent = "";
  const say = (text) => { progress.hidden = true; told.textContent = text; };
  request.upload.onprogress = ({ loaded, total }) => { progress.value = (100 * loaded) / total; };
  request.onerror = () => say("The connection was lost. Nothing is lost here: send it again.");
  request.onload = () => {
    if (request.responseURL !== form.action) { location.assign(request.responseURL); return; }
    const answer = new DOMParser().parseFromString(request.responseText, "text/html");
    const next = answer.getElementById("apply");
    if (!next) { say(answer.querySelector("main")?.textContent.trim() || "This could not be sent. Nothing is lost here."); return; }
    document.title = answer.title;
    document.querySelector("main").replaceWith(answer.querySelector("main"));
    begin(next);
    window.scrollTo(0, 0);
  };
  request.open("POST", form.action);
  request.send(content);
}

begin(document.getElementById("apply"));
