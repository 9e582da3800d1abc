/** The record: while it is walked along, the page is read again, but not under somebody's fingers. */

if (document.querySelector("[data-refresh]")) {
  setInterval(() => {
    const idle = document.activeElement === document.body || document.activeElement?.id === "content";
    if (idle && !document.querySelector("details[open]")) location.reload();
  }, 2000);
}
