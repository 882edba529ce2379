export default function Page() {
  return <h1>first</h1>;
}
