// The composer: a draft is put in formatted, nothing typed is lost, and one is told who wrote meanwhile.

const desk = document.body.dataset.desk;
let box = null; // the composer on the page: {form, editor, ticket}

const keyOf = (ticket) => `${desk}:unsent:${ticket}`;

export const hasUnsent = (ticket) => localStorage.getItem(keyOf(ticket)) !== null;

const unsent = (ticket) => JSON.parse(localStorage.getItem(keyOf(ticket)) ?? "null");

const typed = () => box !== null && box.editor.innerText.trim() !== "";

const words = (html) => {
  const part = document.createElement("div");
  part.innerHTML = html;
  return part.textContent.replace(/\s+/g, "");
};

// Make the plain composer rich. What was typed before on this ticket is still there.
export function attach(main) {
  const form = main.querySelector("#composer");
  box = null;
  if (!form) return showLeft(main);
  const area = form.querySelector("textarea");
  const editor = document.createElement("div");
  editor.id = "text";
  editor.className = "editor body";
  editor.contentEditable = "true";
  editor.setAttribute("role", "textbox");
  editor.setAttribute("aria-multiline", "true");
  editor.setAttribute("aria-labelledby", "text-label");
  editor.dataset.placeholder = area.placeholder;
  area.replaceWith(editor);
  box = { form, editor, ticket: form.dataset.ticket };
  restore(area.value);
  showKind();
}

// The ticket has ended, and something was typed for it: it can be read and copied.
function showLeft(main) {
  const left = main.querySelector("#left");
  const kept = left && unsent(left.dataset.ticket);
  if (!kept) return;
  left.querySelector(".body").innerHTML = kept.html;
  left.hidden = false;
}

export function throwLeftAway() {
  const left = document.getElementById("left");
  localStorage.removeItem(keyOf(left.dataset.ticket));
  left.hidden = true;
}

function restore(given) {
  const kept = unsent(box.ticket);
  const draft = document.getElementById("draft");
  if (given) box.editor.innerText = given;
  if (given && draft && words(draft.innerHTML) === given.replace(/\s+/g, "")) {
    box.editor.innerHTML = draft.innerHTML; // asked for by address: the draft, formatted
  }
  if (!given && kept) {
    box.editor.innerHTML = kept.html;
    box.form.elements.kind.value = kept.kind;
    say("Not sent yet");
  }
}

function say(text) {
  document.getElementById("saved").textContent = text;
}

function save() {
  if (typed()) {
    const kept = { html: box.editor.innerHTML, kind: box.form.elements.kind.value };
    localStorage.setItem(keyOf(box.ticket), JSON.stringify(kept));
    say("Kept until sent");
  } else {
    localStorage.removeItem(keyOf(box.ticket));
    say("");
  }
}

function showKind() {
  const kind = box.form.elements.kind.value;
  box.form.classList.toggle("writes-note", kind === "note");
  const send = document.getElementById("send");
  send.textContent = send.dataset[kind];
}

// Start writing: a public reply or an internal note.
export function write(kind) {
  if (!box) return;
  box.form.elements.kind.value = kind;
  showKind();
  save();
  box.editor.focus();
  box.editor.scrollIntoView({ block: "nearest" });
}

function insert(html, instead) {
  const range = document.createRange();
  range.selectNodeContents(box.editor);
  if (!instead) range.collapse(false);
  box.editor.focus();
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  document.execCommand("insertHTML", false, html); // this way Ctrl+Z brings back what was there
  box.editor.scrollTop = 0;
}

// Put the draft in; what was typed is never overwritten without asking.
export async function useDraft() {
  const draft = document.getElementById("draft");
  if (!box || !draft) return;
  const html = draft.innerHTML.trim();
  const same = words(html) === words(box.editor.innerHTML);
  const here = box;
  const answer = typed() && !same ? await ask() : "replace";
  if (box !== here) return; // another page came under the question
  if (!answer || same) {
    box.editor.focus();
    return;
  }
  write("reply");
  insert(answer === "below" ? `<p><br></p>${html}` : html, answer === "replace");
  save();
}

function ask() {
  const dialog = document.getElementById("ask");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
}

// What goes along with the form when it is sent.
export function contents() {
  return { html: box.editor.innerHTML, text: box.editor.innerText };
}

export const empty = () => !typed();

// This was sent: it is kept no longer, unless it went on being typed.
export function sent(ticket, html) {
  if (unsent(ticket)?.html === html) localStorage.removeItem(keyOf(ticket));
  if (box?.ticket !== ticket || box.editor.innerHTML !== html) return;
  box.editor.replaceChildren();
  box.form.reset();
  document.getElementById("meanwhile").hidden = true;
  say("");
  showKind();
}

// Tell who wrote while something is being typed.
export function interrupt(messages) {
  const bar = document.getElementById("meanwhile");
  if (!box || !bar || !messages.length || !typed()) return;
  const names = [...new Set(messages.map((message) => message.dataset.name))];
  bar.querySelector("span").textContent = `${names.join(" and ")} wrote meanwhile.`;
  bar.dataset.first = messages[0].id;
  bar.hidden = false;
}

document.addEventListener("input", (event) => {
  if (box?.form.contains(event.target)) save();
});

document.addEventListener("change", (event) => {
  if (box && event.target.name === "kind") showKind();
});

document.addEventListener("paste", (event) => {
  if (!box?.editor.contains(event.target)) return;
  event.preventDefault(); // other pages' colours and fonts stay outside
  document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
});

document.addEventListener("mousedown", (event) => {
  if (event.target.closest("[data-format]")) event.preventDefault(); // the selection stays
});

document.addEventListener("click", (event) => {
  const format = event.target.closest("[data-format]")?.dataset.format;
  if (format && box) {
    box.editor.focus();
    document.execCommand(format);
    save();
  }
  if (event.target.closest("#show-new")) {
    const bar = document.getElementById("meanwhile");
    document.getElementById(bar.dataset.first)?.scrollIntoView({ block: "start" });
    bar.hidden = true;
  }
});

document.execCommand("defaultParagraphSeparator", false, "p");
