/** The text of the file in the report; on the page it is loaded beside it. */
declare module '*.css' {
  const text: string;
  export default text;
}
