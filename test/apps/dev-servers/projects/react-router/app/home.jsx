export default function Home() {
  return <h1>first</h1>;
}
