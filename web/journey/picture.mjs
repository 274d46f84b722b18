// A photograph for the journey, drawn by the browser itself: nothing is stored in the repository and nothing comes from the net.

/** Bytes of a 2400 × 1800 JPEG, larger than what the faces send, so that making it smaller is tried as well. */
export async function picture(page, words) {
  const url = await page.evaluate((text) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 2400, height: 1800 });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#8fa3a0";
    pen.fillRect(0, 0, 2400, 1800);
    pen.fillStyle = "#5b6b6a";
    pen.fillRect(0, 1200, 2400, 600);
    pen.fillStyle = "#ffffff";
    pen.font = "160px sans-serif";
    pen.fillText(text, 300, 900);
    return canvas.toDataURL("image/jpeg", 0.9);
  }, words);
  return { name: "photo.jpg", mimeType: "image/jpeg", buffer: Buffer.from(url.split(",")[1], "base64") };
}
