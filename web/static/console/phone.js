/**
 * Numbers as people write them. The wire carries E.164; the shapes of a country are one row here, and a country without
 * a row is shown in E.164, which is right everywhere. Korea: 02 has two digits, 050x four, 15xx/16xx/18xx no area code.
 */

const SHAPES = {
  KR: {
    code: "+82",
    trunk: "0",
    patterns: [
      [/^(1[568]\d\d)(\d{4})$/, "$1-$2"],
      [/^(02)(\d{3,4})(\d{4})$/, "$1-$2-$3"],
      [/^(050\d)(\d{3,4})(\d{4})$/, "$1-$2-$3"],
      [/^(0\d{2})(\d{3,4})(\d{4})$/, "$1-$2-$3"],
    ],
  },
};

let home = "KR";

export function setUpPhone(country) {
  home = country;
}

/** @param {string|null} e164 */
export function written(e164) {
  const shape = SHAPES[home];
  if (!e164 || !shape) return e164 ?? "";
  const national = e164.startsWith(shape.code) ? e164.slice(shape.code.length) : e164.startsWith("+") ? null : e164;
  if (national === null) return e164;
  for (const digits of [national, shape.trunk + national]) {
    for (const [pattern, grouped] of shape.patterns) {
      if (pattern.test(digits)) return digits.replace(pattern, grouped);
    }
  }
  return e164;
}
