// The page without reloads: what changed is put in place, tickets open beside the list, keys act.
import * as composer from "./composer.js";

const PERIOD = 1000; // what has not changed is answered 304, in less than a millisecond
const main = document.getElementById("main");
const search = document.getElementById("search");
const wide = matchMedia("(min-width: 60rem)");
const sources = new WeakMap(); // an element that lives -> the HTML that it came as
const seenKey = `${document.body.dataset.desk}:seen`;
let version = ""; // the ETag of what is shown
let asking = location.search; // of the page that was asked for last, even if it is still to come
let turn = 0; // goes up with whatever was asked for: older answers are dropped

// Putting a page's parts in place

const alive = (root) => root.querySelectorAll("[data-live]");

function remember(root) {
  for (const part of alive(root)) {
    sources.set(part, part.innerHTML);
    if (part.dataset.live === "keyed") {
      for (const child of part.children) sources.set(child, child.outerHTML);
    }
  }
}

// Children are told apart by their ids; those that have not changed are left alone.
function swapKeyed(part, fresh) {
  const old = new Map([...part.children].map((child) => [child.id, child]));
  const added = [];
  let at = part.firstElementChild;
  for (const next of [...fresh.children]) {
    const html = next.outerHTML;
    let here = old.get(next.id);
    old.delete(next.id);
    if (!here || sources.get(here) !== html) {
      if (!here) added.push(next);
      if (here === at) at = next;
      here ? here.replaceWith(next) : part.insertBefore(next, at);
      here = next;
      sources.set(here, html);
    }
    if (here === at) at = at.nextElementSibling;
    else if (here.nextElementSibling !== at) part.insertBefore(here, at);
  }
  for (const gone of old.values()) gone.remove();
  return added;
}

function swap(part, fresh, asked) {
  if (!fresh || (part.dataset.live === "answered" && !asked)) return [];
  const html = fresh.innerHTML;
  if (sources.get(part) === html && part.dataset.live !== "answered") return [];
  if (!asked && part.matches("#fields") && part.contains(document.activeElement)) {
    version = ""; // somebody is choosing: later
    return [];
  }
  sources.set(part, html);
  if (part.dataset.live === "keyed") return swapKeyed(part, fresh);
  part.innerHTML = html;
  return [];
}

// Show a page that was fetched. `asked` tells a person's doing from the page's own looking.
function show(page, asked) {
  // Another sandbox on the same port: what this page keeps in mind is not about it.
  if (page.body.dataset.desk !== document.body.dataset.desk) return location.reload();
  const focused = document.activeElement?.id;
  const fresh = page.getElementById("main");
  const elsewhere = fresh.dataset.page !== main.dataset.page;
  const thread = document.getElementById("thread");
  const atEnd = thread && thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60;
  document.title = page.title;
  document.body.className = page.body.className;
  if (document.activeElement !== search) search.value = page.getElementById("search").value;
  const added = {};
  for (const part of alive(document)) {
    if (elsewhere && main.contains(part)) continue;
    added[part.id] = swap(part, page.getElementById(part.id), asked);
  }
  if (elsewhere) {
    main.replaceChildren(...fresh.childNodes);
    main.dataset.page = fresh.dataset.page;
    remember(main);
    arrive();
  } else {
    news(added.thread ?? [], atEnd);
  }
  if (focused && document.activeElement === document.body) {
    document.getElementById(focused)?.focus({ preventScroll: true });
  }
  if (!asked && added.rows?.length) announce(`${added.rows.length} more in the list.`);
  mark();
}

// Another page came into the middle.
function arrive() {
  for (const about of main.querySelectorAll(".about")) about.open = wide.matches;
  composer.attach(main);
  document.querySelector("#rows [aria-current]")?.scrollIntoView({ block: "nearest" });
  if (wide.matches) toNewest(document.getElementById("thread"));
}

// What is newest stands at the top, with the customer's words above it where there is room.
function toNewest(thread) {
  const last = thread?.querySelector(".message:last-of-type");
  if (!last) return;
  const asked = [...thread.querySelectorAll(".message.customer")].at(-1) ?? last;
  const room = last.offsetTop - asked.offsetTop < thread.clientHeight * 0.5;
  thread.scrollTop = (room ? Math.min(asked.offsetTop, last.offsetTop) : last.offsetTop) - 12;
}

function news(added, atEnd) {
  const messages = added.filter((each) => each.matches(".message"));
  if (!messages.length) return;
  composer.interrupt(messages.filter((each) => "interrupts" in each.dataset));
  announce(`New message by ${messages.at(-1).dataset.name}.`);
  const thread = document.getElementById("thread");
  if (atEnd) thread.scrollTop = messages[0].offsetTop - 12;
}

function announce(text) {
  document.getElementById("news").textContent = text;
}

// What this browser has seen, and what it keeps unsent
function mark() {
  const seen = JSON.parse(localStorage.getItem(seenKey) ?? "{}");
  const current = document.querySelector("#rows [aria-current]")?.closest("li");
  if (current && !document.hidden) {
    seen[current.dataset.ticket] = current.dataset.news;
    localStorage.setItem(seenKey, JSON.stringify(seen));
  }
  for (const item of document.querySelectorAll("#rows > [data-ticket]")) {
    const { ticket, news } = item.dataset;
    item.classList.toggle("unread", news !== "0" && seen[ticket] !== news);
    item.querySelector(".unsent").hidden = !composer.hasUnsent(ticket);
  }
  for (const time of document.querySelectorAll("time[data-ago]")) {
    time.textContent = ago(Date.parse(time.dateTime));
  }
}

function ago(moment) {
  const minutes = Math.floor((Date.now() - moment) / 60000);
  for (const [size, unit] of [[1440, "d"], [60, "h"], [1, "min"]]) {
    if (minutes >= size) return `${Math.floor(minutes / size)} ${unit}`;
  }
  return "<1 min";
}

// Fetching

async function read(answer, asked) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.getElementById("main")) throw new Error("This is no page of the inbox.");
  version = answer.headers.get("ETag") ?? "";
  show(page, asked);
}

async function refresh() {
  const mine = turn;
  const headers = version ? { "If-None-Match": version } : {};
  const answer = await fetch(location.href, { headers, cache: "no-store" });
  if (mine === turn && answer.status !== 304 && answer.status < 500) await read(answer, false);
}

async function keepFresh() {
  try {
    if (!document.hidden) await refresh();
  } catch {
    // The sandbox is restarting: try again next time.
  }
  setTimeout(keepFresh, PERIOD);
}

// Show another page; tells whether it was shown, and not overtaken by a later wish.
async function open(address, how = "pushState") {
  const mine = ++turn;
  asking = new URL(address, location.href).search;
  try {
    const answer = await fetch(address, { cache: "no-store" });
    if (mine !== turn) return false;
    if (how) history[how](null, "", address);
    await read(answer, true);
    return true;
  } catch {
    if (mine === turn) location.href = address;
    return false;
  }
}

const focusSubject = () => document.getElementById("subject")?.focus({ preventScroll: true });

// Post a form and show what became of it. Which filter is chosen the browser's address says: the
// form is as old as its page.
async function post(form, body, done = () => {}) {
  const mine = ++turn;
  let answer;
  try {
    const address = new URL(form.action).pathname + location.search;
    answer = await fetch(address, { method: "POST", body, cache: "no-store" });
  } catch {
    return complain("Not sent: the sandbox does not answer. Your text is kept.");
  }
  if (answer.ok) done();
  if (mine !== turn) return mark(); // another page was opened meanwhile
  turn += 1;
  if (answer.redirected && new URL(answer.url).pathname !== location.pathname) {
    history.pushState(null, "", answer.url);
  }
  try {
    await read(answer, true);
  } catch {
    complain(`Not sent: the sandbox answered ${answer.status}. Your text is kept.`);
  }
}

async function send(form, submitter) {
  if (form.ariaBusy === "true") return;
  const writes = form.id === "composer";
  if (writes && composer.empty()) return complain("Please write something first.");
  const body = new URLSearchParams(new FormData(form, submitter));
  const contents = writes ? composer.contents() : {};
  for (const [name, value] of Object.entries(contents)) body.set(name, value);
  form.ariaBusy = "true";
  await post(form, body, () => {
    if (writes) composer.sent(form.dataset.ticket, contents.html);
    else form.reset();
  });
  form.ariaBusy = "false";
  if (document.activeElement !== document.body) return;
  if (form.isConnected) form.querySelector("input:not([type=hidden])")?.focus();
  else focusSubject();
}

function complain(text) {
  const problem = document.createElement("p");
  problem.className = "problem";
  problem.textContent = text;
  document.getElementById("problem")?.replaceChildren(problem);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "dialog") return;
  event.preventDefault();
  if (form.id === "fetch-draft") composer.useDraft();
  else if (form.method === "post") send(form, event.submitter);
  else open(`${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`);
});

// A field that was chosen is set at once, and only that one.
document.addEventListener("change", (event) => {
  const { form, name, value } = event.target;
  if (!form?.matches("[data-instant]")) return;
  post(form, new URLSearchParams({ [name]: value }));
});

document.addEventListener("click", async (event) => {
  if (event.target.closest("#show-keys")) document.getElementById("keys").showModal();
  if (event.target.closest("#throw-away")) {
    composer.throwLeftAway();
    mark();
    focusSubject();
  }
  const link = event.target.closest("a[href]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || link.getAttribute("href").startsWith("#")) return;
  event.preventDefault();
  // Another filter changes the list and leaves the open ticket where it is.
  const ofList = link.closest("#filters, #more"); // asked now: the link itself may be swapped
  const onlyList = ofList && main.dataset.page.startsWith("ticket-");
  const shown = await open(onlyList ? location.pathname + url.search : link.href);
  if (ofList || !shown) return;
  focusSubject();
  if (!wide.matches) scrollTo(0, 0);
});

addEventListener("popstate", () => open(location.href, ""));

let typing = 0;
search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    const filter = new URLSearchParams(asking).get("filter");
    const wanted = new URLSearchParams({ ...(filter && { filter }), q: search.value });
    open(`${location.pathname}?${wanted}`, "replaceState");
  }, 250);
});

// Keys

function step(by) {
  const links = [...document.querySelectorAll("#rows .row")];
  const from = links.indexOf(document.activeElement);
  const at = from >= 0 ? from : links.findIndex((link) => link.ariaCurrent === "page");
  const next = links[Math.min(Math.max(at + by, 0), links.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  d: () => composer.useDraft(),
  r: () => composer.write("reply"),
  n: () => composer.write("note"),
  "/": () => search.select(),
  "?": () => document.getElementById("keys").showModal(),
};

const TYPED_IN =
  "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";

function leave(element) {
  if (element.matches(TYPED_IN)) element.blur();
  else document.querySelector("#rows [aria-current]")?.focus();
}

document.addEventListener("keydown", (event) => {
  const element = event.target;
  if (document.querySelector("dialog[open]") || event.altKey || event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    element.closest("form[method=post]")?.requestSubmit();
  } else if (event.key === "Escape") {
    leave(element);
  } else if (!event.ctrlKey && !event.metaKey && document.getElementById("keys-on").checked) {
    if (element.matches(TYPED_IN) || !(event.key in KEYS)) return;
    event.preventDefault();
    KEYS[event.key]();
  }
});

document.documentElement.classList.add("js");
remember(document);
arrive();
mark();
setInterval(mark, 30000);
setTimeout(keepFresh, PERIOD);
