// Makes the form quicker: adds exhibits in place, shows how far an upload is, keeps what was typed.
const form = document.getElementById("apply");
const bar = document.getElementById("progress");
const MOST = 20;
const kept = `exhibit:${form.action}`;

document.getElementById("mistakes")?.focus();

// What was typed stays in this browser until it is sent: a closed window loses nothing.
const typed = () => [...new FormData(form)].filter(([name, value]) =>
  typeof value === "string" && value && !["draft", "invited", "idempotency_key", "do"].includes(name));

function restore() {
  const saved = JSON.parse(localStorage.getItem(kept) ?? "[]");
  const numbers = saved.map(([name]) => Number(/^evidence-(\d+)-/.exec(name)?.[1] ?? 0));
  while (exhibits().length <= Math.max(0, ...numbers) && exhibits().length < MOST) add();
  for (const [name, value] of saved) {
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (["checkbox", "radio"].includes(field.type)) field.checked ||= field.value === value;
      else if (!field.value) field.value = value;
    }
  }
}

const exhibits = () => [...form.querySelectorAll("fieldset.exhibit")];

function add() {
  const last = exhibits().at(-1);
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
  copy.querySelectorAll("input, textarea").forEach((field) => { field.value = ""; });
  copy.querySelectorAll("details").forEach((part) => { part.open = false; });
  last.after(copy);
  exhibits().forEach((part, index) => {
    part.querySelector("legend h2").textContent = `Exhibit ${index + 1}`;
  });
  return copy;
}

form.querySelector("button[value=add]")?.addEventListener("click", (event) => {
  event.preventDefault();
  add().querySelector("textarea").focus();
  if (exhibits().length >= MOST) event.target.remove();
});

form.addEventListener("input", () => localStorage.setItem(kept, JSON.stringify(typed())));

form.addEventListener("submit", (event) => {
  const files = [...form.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
  if (event.submitter?.value !== "send" || files.length === 0) return;
  event.preventDefault();
  const content = new FormData(form, event.submitter);
  const request = new XMLHttpRequest();
  const progress = bar.querySelector("progress");
  bar.hidden = false;
  request.upload.onprogress = ({ loaded, total }) => { progress.value = (100 * loaded) / total; };
  request.onerror = () => { bar.textContent = "The connection was lost. Nothing is lost here: send it again."; };
  request.onload = () => {
    if (request.responseURL !== form.action) { location.assign(request.responseURL); return; }
    const answer = new DOMParser().parseFromString(request.responseText, "text/html");
    document.title = answer.title;
    document.querySelector("main").replaceWith(answer.querySelector("main"));
    document.getElementById("mistakes")?.focus();
    window.scrollTo(0, 0);
  };
  request.open("POST", form.action);
  request.send(content);
});

if (!form.elements.draft.value) restore();
