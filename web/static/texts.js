/** The pages of texts: how long the text is while it is written, counted by the server as it counts when it sends; Enter finds. */

const PAUSE_MS = 150;
const field = document.getElementById("text");
const told = document.getElementById("size");

if (field && told) {
  let waiting = 0;
  let asked = 0;

  const show = ({ octets, kind, lost, parts }) => {
    const tooLong = kind === "too long";
    const words = told.dataset.words.replace("%o", octets.toLocaleString()).replace("%k", tooLong ? "—" : kind).replace("%p", parts);
    const more = [tooLong ? told.dataset.tooLong : "", lost ? told.dataset.lost.replace("%s", () => lost) : ""];
    told.textContent = [words, ...more].filter(Boolean).join(" · ");
    told.classList.toggle("wrong", tooLong || lost !== "");
  };

  const count = async () => {
    const mine = ++asked;
    const answer = await fetch("/api/v1/texts/size", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text: field.value.replaceAll("\0", "") }),
    }).catch(() => null);
    // An answer that was overtaken by a newer question says nothing any more.
    if (mine === asked && answer?.ok) show(await answer.json());
  };

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(count, PAUSE_MS);
  });
  count();
}

for (const input of document.querySelectorAll("[data-enter]")) {
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    input.form.requestSubmit(input.form.querySelector(`button[value="${input.dataset.enter}"]`));
  });
}

// A second Enter while the first is on its way sends nothing.
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form")) delete form.dataset.sent;
});

// What moves is read again, but not under somebody's fingers.
if (document.querySelector("[data-refresh]")) {
  setInterval(() => {
    const idle = document.activeElement === document.body || document.activeElement?.id === "content";
    if (idle && !document.querySelector("details[open]")) location.reload();
  }, 3000);
}
