// Its own scripts are among the packages, which are outside of this folder here.
export default { vite: { server: { fs: { allow: [".."] } } } };
