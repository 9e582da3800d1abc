/** Whether words are meant by what is typed: a part of them, their first consonants (ㄱㄴ), in any order of the typed words. */

const INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
const FIRST_SYLLABLE = 0xac00;
const OF_ONE_INITIAL = 588;
const SYLLABLES = 11172;

/** First consonants of Hangul, everything else as it is. */
function initials(text) {
  return Array.from(text, (sign) => {
    const at = sign.charCodeAt(0) - FIRST_SYLLABLE;
    return at >= 0 && at < SYLLABLES ? INITIALS[Math.floor(at / OF_ONE_INITIAL)] : sign;
  }).join("");
}

const plain = (text) => text.normalize("NFC").toLowerCase();

/** @param {string} typed @param {string} words */
export function means(typed, words) {
  const whole = plain(words);
  const tight = whole.replaceAll(" ", "");
  const first = initials(tight);
  return plain(typed)
    .split(/\s+/)
    .filter(Boolean)
    .every((part) => whole.includes(part) || tight.includes(part) || (/^[ㄱ-ㅎ]+$/.test(part) && first.includes(part)));
}
