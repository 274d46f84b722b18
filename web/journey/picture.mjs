// A photograph for the journey, drawn by the browser itself: nothing is stored in the repository and nothing comes from the net.

/** The block in which a camera writes where it was: one directory that points to another, with latitude and longitude as three fractions each. */
function exif([lon, lat]) {
  const block = Buffer.alloc(140);
  const entry = (at, tag, type, count, value) => {
    block.writeUInt16LE(tag, at);
    block.writeUInt16LE(type, at + 2);
    block.writeUInt32LE(count, at + 4);
    if (typeof value === "string") block.write(value, at + 8, "latin1");
    else block.writeUInt32LE(value, at + 8);
  };
  const degrees = (at, value) => {
    const [whole, minutes] = [Math.trunc(value), Math.trunc((value % 1) * 60)];
    [whole, 1, minutes, 1, Math.round((value - whole - minutes / 60) * 36_000_000), 10_000].forEach((it, i) => block.writeUInt32LE(it, at + 4 * i));
  };
  block.write("II", 0, "latin1");
  block.writeUInt16LE(42, 2);
  block.writeUInt32LE(8, 4);
  block.writeUInt16LE(1, 8);
  entry(10, 0x8825, 4, 1, 26);
  block.writeUInt16LE(4, 26);
  entry(28, 1, 2, 2, "N");
  entry(40, 2, 5, 3, 84);
  entry(52, 3, 2, 2, "E");
  entry(64, 4, 5, 3, 108);
  degrees(84, lat);
  degrees(108, lon);
  const head = Buffer.alloc(10);
  head.writeUInt16BE(0xffe1, 0);
  head.writeUInt16BE(block.length + 8, 2);
  head.write("Exif\0\0", 4, "latin1");
  return Buffer.concat([head, block]);
}

/** Bytes of a 2400 × 1800 JPEG, larger than what the faces send, so that making it smaller is tried as well; taken `at` a place, if one is given. With `grain` it has so much detail that it stays large. */
export async function picture(page, words, at, { grain = false } = {}) {
  const url = await page.evaluate(([text, grain]) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 2400, height: 1800 });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#8fa3a0";
    pen.fillRect(0, 0, 2400, 1800);
    pen.fillStyle = "#5b6b6a";
    pen.fillRect(0, 1200, 2400, 600);
    for (let n = 0; grain && n < 200_000; n += 1) {
      pen.fillStyle = `hsl(${Math.random() * 360} 40% ${20 + Math.random() * 60}%)`;
      pen.fillRect(Math.random() * 2400, Math.random() * 1800, 6, 6);
    }
    pen.fillStyle = "#ffffff";
    pen.font = "160px sans-serif";
    pen.fillText(text, 300, 900);
    return canvas.toDataURL("image/jpeg", 0.9);
  }, [words, grain]);
  const jpeg = Buffer.from(url.split(",")[1], "base64");
  return { name: "photo.jpg", mimeType: "image/jpeg", buffer: at ? Buffer.concat([jpeg.subarray(0, 2), exif(at), jpeg.subarray(2)]) : jpeg };
}
