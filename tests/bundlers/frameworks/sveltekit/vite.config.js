// What every app of SvelteKit has.
import { sveltekit } from "@sveltejs/kit/vite";

export default { plugins: [sveltekit()] };
