// A story is steps in order, each as far as the one before went. The last line says
// `N passed, N failed`; a page that complained is a failure of its own.
import { faults } from './screen.mjs';

const steps = [];
export const step = (name, run) => steps.push({ name, run });
export const expect = (holds, what) => {
  if (!holds) throw new Error(what);
};

/** Runs the steps and ends the process. `end` closes what they opened; complaints for which `asked`
 * holds are what a step provoked. */
export async function tell(end, asked = () => false) {
  let passed = 0;
  let failed = 0;
  for (const { name, run } of steps) {
    const begun = performance.now();
    try {
      await run();
      passed += 1;
      console.log(`ok      ${name} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}\n${error.stack ?? error}`);
      break;
    }
  }
  for (const fault of faults.filter((one) => !asked(one))) {
    failed += 1;
    console.log(`FAILED  a page complained: ${fault}`);
  }
  const said = await end(failed > 0);
  if (failed > 0 && said) console.log(`the daemon's last words:\n${said.slice(-3000)}`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
