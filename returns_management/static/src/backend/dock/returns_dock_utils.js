/** Pictures are made smaller before they are sent: what a tablet's camera takes is too large for a warehouse's net. */
const MAX_PIXELS = 1600;

/** Pieces, without what computers add to fractions. */
export function round(pieces) {
    return Math.round((Number(pieces) || 0) * 100000) / 100000;
}

/** A name for one booking, so that sent twice it is booked once. */
export function makeKey() {
    const numbers = crypto.getRandomValues(new Uint32Array(4));
    return [...numbers].map((number) => number.toString(16).padStart(8, "0")).join("");
}

function readAsUrl(file) {
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result);
        reader.onerror = reject;
        reader.readAsDataURL(file);
    });
}

function loadImage(url) {
    return new Promise((resolve, reject) => {
        const image = new Image();
        image.onload = () => resolve(image);
        image.onerror = reject;
        image.src = url;
    });
}

/** A picture as it is shown and sent; one that this browser cannot draw is sent as it is, the server looks at it. */
export async function readPhoto(file) {
    let url = await readAsUrl(file);
    try {
        const image = await loadImage(url);
        const scale = MAX_PIXELS / Math.max(image.width, image.height);
        if (scale < 1) {
            const canvas = document.createElement("canvas");
            canvas.width = Math.round(image.width * scale);
            canvas.height = Math.round(image.height * scale);
            canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
            url = canvas.toDataURL("image/jpeg", 0.85);
        }
    } catch {
        // no picture for this browser
    }
    return { name: file.name, url, data: url.slice(url.indexOf(",") + 1) };
}
