"use strict";

// Fetch the page again every two seconds and swap the parts that live; forms are never touched.
const PERIOD = 2000;

function focusedLink(part) {
  const active = document.activeElement;
  return part.contains(active) ? active.getAttribute("href") : null;
}

function swap(part, fresh) {
  if (!fresh || part.innerHTML === fresh.innerHTML) return false;
  const href = focusedLink(part);
  part.innerHTML = fresh.innerHTML;
  if (href) part.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus();
  return true;
}

async function refresh() {
  const answer = await fetch(location.pathname, { cache: "no-store" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const nearEnd = window.innerHeight + window.scrollY > document.body.scrollHeight - 160;
  for (const part of document.querySelectorAll("[data-live]")) {
    const changed = swap(part, page.getElementById(part.id));
    if (changed && part.id === "thread") {
      document.getElementById("news").textContent = "The conversation has a new message.";
      if (nearEnd) window.scrollTo({ top: document.body.scrollHeight });
    }
  }
}

async function keepFresh() {
  try {
    if (!document.hidden) await refresh();
  } catch {
    // The sandbox is restarting: try again next time.
  }
  setTimeout(keepFresh, PERIOD);
}

function useDraft(event) {
  const link = event.target.closest("#use-draft a");
  const draft = document.getElementById("draft");
  if (!link || !draft) return;
  event.preventDefault();
  const box = document.getElementById("text");
  const text = draft.dataset.text;
  if (box.value.trim() && box.value !== text && !confirm("Replace what you have typed?")) return;
  box.value = text;
  box.rows = Math.min(16, Math.max(6, text.split("\n").length + 2));
  document.querySelector('input[name="kind"][value="reply"]').checked = true;
  box.focus();
}

document.addEventListener("click", useDraft);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.target.closest("form.composer")?.requestSubmit();
  }
});
setTimeout(keepFresh, PERIOD);
